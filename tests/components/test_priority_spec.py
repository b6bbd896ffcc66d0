from ai_platform.components.priority_spec import PrioritySpec, all_priorities


def test_serving_stands_above_training_without_a_word():
    values = {spec.name: spec.value for spec in all_priorities([])}
    assert values["serving"] > values["training"] > 0


def test_a_description_changes_a_built_in_class_and_adds_its_own():
    specs = [PrioritySpec(name="nightly", value=-5), PrioritySpec(name="training", value=7)]
    found = {spec.name: spec.value for spec in all_priorities(specs)}
    assert found == {"serving": 1000, "training": 7, "nightly": -5}
