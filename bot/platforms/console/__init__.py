"""The console as a platform: digests are printed where the bot runs."""
