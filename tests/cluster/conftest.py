"""One cluster, its images, its stores and one release for all tests here; nothing of it is left at the end.

Fixtures, all of the session: `place` (tests.cluster.place.Place), `images` (tags that are loaded), `stores`
(tests.cluster.stores.Stores), `shop` (tests.cluster.release.Release, installed with test-1 and ready; a test that
upgrades it puts it back), `full` (whether all counts are asked for: `--full`), `say` (a progress line).
Every file here has `pytestmark = [pytest.mark.cluster, pytest.mark.timeout(...)]`.
"""
