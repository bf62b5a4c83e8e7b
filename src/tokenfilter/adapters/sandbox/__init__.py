"""A strict local Telegram Bot API server with a browser side; `sandbox.Sandbox` puts it together."""
