"""The page and the API. Reserved; nothing is here yet."""
