using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Io;

/// <summary>The outcome of a request: sets of regions, never a scalar.</summary>
public sealed class IoResultTests
{
    private static readonly IoStatus Broken = IoStatus.DeviceError("The disk is broken.", errno: 5);
    private static readonly IoStatus Unable = IoStatus.Failed(IoStatusCode.Unsupported, "No discard here.");

    [Fact]
    public void A_request_without_failures_has_no_bits_and_every_region_is_ok()
    {
        var result = new IoResult(64, context: "mine");

        Assert.True(result.IsOk);
        Assert.Equal((ErrorBits.None, ErrorBits.None), (result.Errors, result.Unsupported));
        Assert.All(Enumerable.Range(0, 64), index => Assert.Equal(IoStatus.Ok, result[index]));
        Assert.Equal("mine", result.Context);
        Assert.False(result.BufferHeld);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(63)]
    public void R1_a_failed_region_sets_its_own_bit_and_keeps_its_status(int failed)
    {
        var statuses = new IoStatus[64];
        statuses[failed] = Broken;

        var result = new IoResult(statuses);

        Assert.Equal(ErrorBits.None.With(failed), result.Errors);
        Assert.Equal(Broken, result[failed]);
        Assert.False(result.IsOk);
    }

    [Fact]
    public void R12_unsupported_regions_are_in_both_sets_and_other_failures_in_one()
    {
        var result = new IoResult([IoStatus.Ok, Unable, Broken, Unable]);

        Assert.Equal(ErrorBits.None.With(1).With(2).With(3), result.Errors);
        Assert.Equal(ErrorBits.None.With(1).With(3), result.Unsupported);
    }

    [Fact]
    public void R12_of_all_status_codes_only_unsupported_is_in_the_unsupported_set_and_all_but_ok_are_errors()
    {
        foreach (var code in Enum.GetValues<IoStatusCode>())
        {
            var result = new IoResult([new IoStatus(code)]);
            Assert.Equal(code != IoStatusCode.Ok, result.Errors[0]);
            Assert.Equal(code == IoStatusCode.Unsupported, result.Unsupported[0]);
        }
    }

    [Fact]
    public void R23_the_result_says_when_the_buffer_is_still_held()
    {
        var late = IoStatus.Failed(IoStatusCode.TimedOut, "The deadline passed.");

        var result = new IoResult([IoStatus.Ok, late], context: 7, bufferHeld: true);

        Assert.True(result.BufferHeld);
        Assert.Equal(7, result.Context);
        Assert.Equal("0x2; region 1: TimedOut: The deadline passed.; buffer still held", result.ToString());
    }

    [Fact]
    public void R1_a_result_of_more_than_64_regions_cannot_be_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new IoResult(new IoStatus[65]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IoResult(65));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IoResult(-1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_region_that_the_request_did_not_have_has_no_status(int index)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new IoResult(2)[index]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new IoResult(new IoStatus[2])[index]);
    }

    [Fact]
    public void A_status_prints_code_errno_and_message()
    {
        Assert.Equal("Ok", IoStatus.Ok.ToString());
        Assert.Equal("DeviceError (errno 5): The disk is broken.", Broken.ToString());
        Assert.Equal("Unsupported: No discard here.", Unable.ToString());
    }

    [Fact]
    public void A_status_keeps_the_exception_that_caused_it()
    {
        var cause = new IOException("gone");

        Assert.Same(cause, IoStatus.DeviceError("No such disk.", 19, cause).Failure?.Exception);
    }

    [Fact]
    public void Ok_is_no_failure_code()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => IoStatus.Failed(IoStatusCode.Ok, "well"));
    }

    [Fact]
    public void ThrowIfFailed_names_each_failed_region_with_its_status()
    {
        new IoResult(64).ThrowIfFailed();
        var result = new IoResult([IoStatus.Ok, Unable, IoStatus.Ok, Broken]);

        var error = Assert.Throws<IoFailedException>(result.ThrowIfFailed);

        Assert.Same(result, error.Result);
        Assert.Contains($"region 1: {Unable}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"region 3: {Broken}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("region 0", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("region 2", error.Message, StringComparison.Ordinal);
    }
}
