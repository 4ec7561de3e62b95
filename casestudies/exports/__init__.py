"""What leaves the portal: columns declared once, and the rows of a selection."""
