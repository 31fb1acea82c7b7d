"""Any HTTP service as a platform: a signed POST for each delivery."""
