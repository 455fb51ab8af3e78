"""A Discord bot that speaks in voice channels."""
