"""What runs SQL over the tables of triples: DuckDB on one machine, Spark on many.

choice         the tables of a graph where the engine that is asked for computes
engine         the protocol that both have
duckdb         DuckDB, in this process
spark          Spark: the same SQL, translated; tables are Parquet files that every executor reaches
spark_dialect  statements of DuckDB as Spark reads them
java_regex     regular expressions of RE2 as Java reads them
spark_session  a session of Spark, its tasks in Python, and what is missing when there is none
hashed_tables  triple tables on Spark alone, whose numbers are hashes of texts
spark_tables   triple tables whose numbers are in Spark and whose dictionary is in DuckDB
"""
