"""Which facts become knowledge: links between entities, trust in sources, conflicts between facts.

links          data/links.sssom.tsv: judgements that two names mean the same entity, or not
policy         data/policy.yaml: the order of trust in sources, which figures and parts are the same, single decisions
ranks          checks of ranks below normal: a reason, and a value instead
apply_links    facts under one canonical name per entity
conflicts      conflicting facts resolved: knowledge, contested facts, decisions
touched_facts  which facts of a table links and conflicts concern; these alone are decided as objects
decide         one decision written into the policy
"""
