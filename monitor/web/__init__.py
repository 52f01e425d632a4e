"""What answers on `[web] listen`: the page, hubs, /metrics and /healthz."""
