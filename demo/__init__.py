"""What the demo shows beside Gapura: synthetic citizens and two agency portals."""
