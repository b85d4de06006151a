// Extensions: one instance per system, made on first use or at start-up by name.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Extending;

public sealed class ExtensionSpecs : Specification
{
    [Fact]
    public void An_extension_is_made_once_per_system()
    {
        var first = new CounterProvider().Apply(Sys);
        var second = Sys.WithExtension<Counter, CounterProvider>();
        Assert.Same(first, second);
        Assert.Same(Sys, first.System);
    }

    [Fact]
    public void Each_system_has_its_own()
    {
        var other = ActorSystem.Create("other", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF");
        var here = new CounterProvider().Apply(Sys);
        var there = new CounterProvider().Apply(other);
        Assert.NotSame(here, there);
        Shutdown(other);
    }

    [Fact]
    public void A_system_knows_which_extensions_it_has()
    {
        Assert.False(Sys.HasExtension<Counter>());
        Sys.RegisterExtension(new CounterProvider());
        Assert.True(Sys.HasExtension<Counter>());
        Assert.NotNull(Sys.GetExtension<Counter>());
    }

    [Fact]
    public async Task Threads_that_ask_at_the_same_time_get_the_same_instance()
    {
        using var start = new Barrier(4);
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(10));
                return new CounterProvider().Apply(Sys);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Single(all.Distinct());
    }

    [Fact]
    public void Extensions_named_in_the_configuration_are_there_from_the_start()
    {
        var name = typeof(CounterProvider).AssemblyQualifiedName!.Split(", Version")[0];
        var system = ActorSystem.Create("extended", $"""
            akka.extensions = ["{name}"]
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            """);
        Assert.True(system.HasExtension<Counter>());
        Shutdown(system);
    }

    public sealed class Counter(ExtendedActorSystem system) : IExtension
    {
        public ActorSystem System { get; } = system;
    }

    public sealed class CounterProvider : ExtensionIdProvider<Counter>
    {
        public override Counter CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
