// Placeholder until the first file of Flume lands.
