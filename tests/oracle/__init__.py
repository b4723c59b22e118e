"""The truth: Kubernetes' own Go code, answering over JSON lines (main.go), and what asks it (driver.py)."""
