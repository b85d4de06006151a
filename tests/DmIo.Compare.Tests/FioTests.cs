using Xunit;

namespace DmIo.Compare.Tests;

/// <summary>Parsing of fio's JSON, as printed by version 3.33.</summary>
public sealed class FioTests
{
    private const string Output = """
        note: both iodepth >= 1 and synchronous I/O engine are selected, queue depth will be capped at 1
        { "jobs": [ { "error": 0,
          "read": { "total_ios": 0, "iops": 0.0 },
          "write": { "total_ios": 234147, "iops": 233913.08, "bw_bytes": 958108003,
            "lat_ns": { "percentile": { "50.000000": 107008, "99.000000": 5275600, "99.900000": 8454000 } } } } ] }
        """;

    [Fact]
    public void The_active_direction_is_parsed_after_leading_notes()
    {
        var sample = Fio.Read(Output);

        Assert.Equal((233913.08, 958108003), (sample.Rate, sample.BytesPerSecond));
        Assert.Equal((107.008, 5275.6, 8454), (sample.P50, sample.P99, sample.P999));
    }
}
