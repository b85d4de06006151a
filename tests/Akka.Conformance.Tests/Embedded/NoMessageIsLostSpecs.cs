// The stress run again, where the embedded runtime is stricter than at most once: no message vanishes, not even one
// that races with its receiver's end.

using Akka.Conformance.Tests.Stress;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Conformance.Tests.Embedded;

[Collection(nameof(StressSpecs))]
public sealed class NoMessageIsLostSpecs(ITestOutputHelper output)
{
    [Fact]
    public async Task Messages_sent_are_messages_handled_and_dead_letters()
    {
        var seed = StressRun.DrawSeed();
        output.WriteLine($"STRESS_SEED={seed}");
        var result = await StressRun.RunAsync(seed, messages: 2_000_000);
        output.WriteLine($"{result}");
        Assert.Equal(result.Sent, result.Handled + result.Dead);
    }
}
