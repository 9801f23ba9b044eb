//! tl
