//! Tests that every rule's examples do what they say.
