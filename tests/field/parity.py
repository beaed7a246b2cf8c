"""The sync centre for the comparison of server and phone: a page without documents."""

from hypothesis import strategies as st

PAGES = {"field/sync.html": st.just({})}
CASES: dict[tuple[str, str], st.SearchStrategy[object]] = {}
