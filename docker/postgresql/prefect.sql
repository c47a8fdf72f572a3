-- Run once, when the volume is new: Prefect's server keeps its state beside tsflow's database, not in it.
CREATE DATABASE prefect;
