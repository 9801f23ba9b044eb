//! Problems in user files as data: rule id, severity, span, reason, fix.
