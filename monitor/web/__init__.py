"""What answers on `[web] listen`: the callbacks of hubs. The page and the API will; neither is built."""
