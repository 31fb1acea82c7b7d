"""What wakes the jobs; what is due is computed from stored state, not from here."""
