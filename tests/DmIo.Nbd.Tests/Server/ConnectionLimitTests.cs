using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

public sealed class ConnectionLimitTests
{
    [Fact]
    public void Connections_are_limited_by_the_options()
    {
        var limit = new ConnectionLimit(max: 8, descriptors: 1024);

        Assert.Null(limit.Notice);
        Assert.Null(limit.CountFault(7));
        Assert.Contains("8 connections", limit.CountFault(8), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(140, 108)]
    [InlineData(400, 350)]
    [InlineData(1000, 936)]
    public void Descriptors_reserved_for_devices_are_not_used_by_connections(long descriptors, long first)
    {
        var limit = new ConnectionLimit(max: 1024, descriptors);

        Assert.Contains($"{descriptors} descriptors", limit.Notice, StringComparison.Ordinal);
        Assert.Null(limit.DescriptorFault(first - 1));
        Assert.Contains("RLIMIT_NOFILE", limit.DescriptorFault(first), StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_for_which_no_connection_fits_does_not_start()
    {
        var limit = new ConnectionLimit(max: 1024, descriptors: 140);

        Assert.Null(limit.StartFault(descriptor: 99));
        var fault = limit.StartFault(descriptor: 100);
        Assert.Contains("may open 140 descriptors", fault, StringComparison.Ordinal);
        Assert.Contains("100 are in use, and 32 are reserved", fault, StringComparison.Ordinal);
        Assert.Contains("ulimit -n 256", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_known_descriptor_limit_only_the_options_apply()
    {
        var limit = new ConnectionLimit(max: 8, descriptors: null);

        Assert.Null(limit.Notice);
        Assert.Null(limit.DescriptorFault(1_000_000));
        Assert.Null(limit.StartFault(1_000_000));
    }
}
