using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

public sealed class ConnectionLimitTests
{
    [Fact]
    public void Connections_are_limited_by_the_options()
    {
        var limit = new ConnectionLimit(most: 8, descriptors: 1024);

        Assert.Null(limit.Notice);
        Assert.Null(limit.Fault(count: 7, descriptor: 100));
        Assert.Contains("8 connections", limit.Fault(count: 8, descriptor: 100), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(140, 123)]
    [InlineData(1000, 936)]
    public void Descriptors_reserved_for_devices_are_not_used_by_connections(long descriptors, long first)
    {
        var limit = new ConnectionLimit(most: 1024, descriptors);

        Assert.Contains($"{descriptors} descriptors", limit.Notice, StringComparison.Ordinal);
        Assert.Null(limit.Fault(count: 0, descriptor: first - 1));
        Assert.Contains("RLIMIT_NOFILE", limit.Fault(count: 0, descriptor: first), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_known_descriptor_limit_only_the_options_apply()
    {
        var limit = new ConnectionLimit(most: 8, descriptors: null);

        Assert.Null(limit.Notice);
        Assert.Null(limit.Fault(count: 7, descriptor: 1_000_000));
    }
}
