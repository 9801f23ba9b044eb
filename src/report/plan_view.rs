//! The resolved plan before anything is simulated: what goes where, when, and how.
