"""Many machines that share one PostgreSQL. Reserved; nothing is here yet."""
