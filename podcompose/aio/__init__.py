"""The same names with async def."""
