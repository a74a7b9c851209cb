// Placeholder until the first file of FlumeRedis lands.
