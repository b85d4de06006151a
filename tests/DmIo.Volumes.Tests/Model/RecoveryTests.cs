using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Model;

/// <summary>After random failures, a volume comes to order when everything works again.</summary>
public sealed class RecoveryTests
{
    private static readonly int Factor = Environment.GetEnvironmentVariable("DMIO_LONG") == "1" ? 100 : 1;

    private static readonly ModelOptions All = new()
    {
        Writers = 2,
        StartsActive = true,
        HasGrace = true,
        Writes = 3,
        Flushes = 2,
        Sessions = 1,
        Losses = 2,
        Cuts = 2,
        Crashes = 2,
        PowerLosses = 2,
        Restarts = 1,
        FlushFailures = 1,
        Delays = 1,
        Returns = true,
        Cools = true,
        SplitsMaps = true,
        SplitsAttach = true,
    };

    [Theory]
    [InlineData("2 legs and a witness")]
    [InlineData("2 legs, in-sync rule")]
    [InlineData("2 legs and a witness, 2 blocks, 2 extents")]
    [InlineData("3 legs, 3 writers")]
    [InlineData("3 legs, 1 in sync, 1 blank, 2 blocks")]
    [InlineData("3 legs and 2 witnesses, quick votes")]
    [InlineData("2 legs, in-sync rule, a leg is added, a leg removed")]
    [InlineData("3 legs, a witness outside, quick votes, 3 changes")]
    public void A_volume_comes_to_order_after_random_failures(string volume)
    {
        var options = volume switch
        {
            "2 legs and a witness" => All with { Witnesses = 1 },
            "2 legs, in-sync rule" => All with { Rule = QuorumRule.InSync },
            "2 legs and a witness, 2 blocks, 2 extents" =>
                All with { Witnesses = 1, Blocks = 2, HasExtentPerBlock = true },
            "3 legs, 3 writers" => All with { Legs = 3, Writers = 3 },
            "3 legs, 1 in sync, 1 blank, 2 blocks" => All with
            {
                Legs = 3,
                Blocks = 2,
                InitialInSync = MemberSet.Of(0),
                Blank = MemberSet.Of(1),
            },
            "3 legs and 2 witnesses, quick votes" => All with { Legs = 3, Witnesses = 2, SplitsVotes = false },
            "2 legs, in-sync rule, a leg is added, a leg removed" => All with
            {
                Legs = 3,
                Rule = QuorumRule.InSync,
                Outside = MemberSet.Of(2),
                Blank = MemberSet.Of(2),
                Changes = 2,
            },
            "3 legs, a witness outside, quick votes, 3 changes" => All with
            {
                Legs = 3,
                Witnesses = 1,
                Rule = QuorumRule.InSync,
                Outside = MemberSet.Of(3),
                Changes = 3,
                SplitsVotes = false,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(volume), volume, null),
        };
        if (Recovery.Run(VolumeWorld.Of(options), seed: 1, 2000 * Factor, depth: 200) is { } fault)
        {
            Assert.Fail(fault);
        }
    }
}
