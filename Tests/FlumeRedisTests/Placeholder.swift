// Placeholder until the first file of FlumeRedisTests lands.
