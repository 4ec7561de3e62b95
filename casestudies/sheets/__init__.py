"""Spreadsheets that come back: the workbook of a selection, edited, is read, shown as differences, and applied."""
