"""The choice of an encoding by what a file may take, or by what it has to keep."""
