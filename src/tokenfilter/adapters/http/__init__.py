"""The web server: dashboard, health, metrics, pushed events. Other adapters hand it their routes."""
