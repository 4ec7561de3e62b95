"""The accounts of the staff: signing in, passwords, the second factor, who did what to an account. Knows no case."""
