"""Training: codes and small tables that learn from the table they stand for, their teacher."""
