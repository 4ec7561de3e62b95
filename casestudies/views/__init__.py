"""The pages. `request` stops here: selections, exports and pages take cleaned data."""
