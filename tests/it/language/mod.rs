//! What teams run today, said in the language: the right values of real situations, and closed forms of the wider kind
//! behind each. Scenarios are in `tests/plans/language`.

mod alarms;
