"""What Colloquy can do on this machine, measured against real servers. See README.md."""
