"""The jobs: each meets the others only in the database and can die at any line."""
