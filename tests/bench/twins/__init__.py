"""One page three ways: ours, bare Starlette with asyncpg, and stock Django; all three on the same rows."""
