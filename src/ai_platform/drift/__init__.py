"""What differs between a description, the state, and what is really there. Reads; never writes."""
