//! The door, against a server that answers what it is told to.
