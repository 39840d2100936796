"""The desk: pages for a site's staff, below `/moderation/`. They work without script."""
