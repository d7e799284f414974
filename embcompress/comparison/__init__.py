"""Every encoding on one table: what each costs, what it keeps, and which are worth having."""
