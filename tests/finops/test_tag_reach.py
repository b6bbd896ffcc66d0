from ai_platform.finops.tag_reach import REACHES, carried

TAGS = {"team": "research", "environment": "prod"}


def test_tags_are_found_below_the_entry_of_a_list_that_is_named():
    inputs = {"tagSpecifications": [{"resourceType": "volume", "tags": TAGS}]}
    assert carried(inputs, ("tagSpecifications", "resourceType=volume", "tags")) == TAGS
    assert carried(inputs, ("tagSpecifications", "resourceType=instance", "tags")) == {}


def test_what_is_not_there_carries_nothing():
    assert all(carried({}, reach.path) == {} for reach in REACHES)


def test_every_row_says_what_it_reaches_and_who_says_so():
    assert all(reach.reaches and reach.source for reach in REACHES)
