using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary>Wrong usage of volumes: exit code 2, one line on standard error with the fix.</summary>
public sealed class VolumeUsageTests
{
    [Theory]
    [InlineData("volume", "dmio volume --help")]
    [InlineData("volume create --leg mem:4MiB", "dmio volume create --help")]
    [InlineData("volume create v", "--leg")]
    [InlineData("volume create v --leg no-such-file", "truncate -s")]
    [InlineData("volume create v --leg mem:4MiB --leg mem:4MiB", "2 times")]
    [InlineData("volume create v --leg vol:a,b", "'vol:a,b'")]
    [InlineData("volume create v,w --leg mem:4MiB", "','")]
    [InlineData("volume create v --leg mem:1MiB", "more than 1MiB")]
    [InlineData("volume create v --leg mem:4MiB --size 4MiB", "room for 3MiB")]
    [InlineData("volume create v --leg mem:4MiB --witness mem:4KiB", "at least 16 KiB")]
    [InlineData("volume status --leg mem:4MiB", "dmio volume create NAME --leg mem:4MiB")]
    [InlineData("volume status --leg no-such-file", "no-such-file")]
    [InlineData("volume dump vol:a,b", "one of its legs")]
    [InlineData("volume grow", "--leg")]
    [InlineData("volume drained", "--leg")]
    [InlineData("volume drained --node s", "--node")]
    [InlineData("volume resync", "--node ENDPOINT")]
    [InlineData("flush --region vol:@0", "empty device")]
    [InlineData("flush --region vol:a,a@0", "twice")]
    [InlineData("flush --region vol:vol:a@0", "cannot be a leg")]
    [InlineData("flush --region vol:a;b@0", "'b' is not a witness")]
    [InlineData("flush --region vol:a;witness=w;metadata=m@0", "'metadata=m' is not a witness")]
    [InlineData("flush --region vol:a;metadata=b,b@0", "twice")]
    [InlineData("volume import v --leg mem:4MiB", "'mem:4MiB;metadata=META'")]
    [InlineData("volume import v --leg mem:4MiB;metadata=mem:1MiB --leg mem:1MiB", "is given 2 times")]
    [InlineData("flush --region vol:no-such-file@0", "no-such-file")]
    [InlineData("flush --region vol:mem:4MiB,mem:5MiB@0", "dmio volume create NAME --leg mem:4MiB --leg mem:5MiB")]
    [InlineData("serve --export d=a,vol:b,c --unix s", "NAME=vol:")]
    public async Task It_is_refused_in_one_line_that_names_the_error(string arguments, string named)
    {
        var result = await Command.RunAsync(arguments.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(named, result.Error);
        Assert.StartsWith("dmio", result.Error);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}
