// The kit's own beginning and end: on a system of its own or a given one, with or without an implicit sender, logging
// to the test's output, terminating the system when the test is over.

using Akka.Actor;
using Akka.Configuration;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Akka.Conformance.Tests.Kit;

public sealed class TestKitSpecs : Specification
{
    private const string Quiet = """
        akka.loglevel = INFO
        akka.stdout-loglevel = OFF
        mine = 7
        """;

    [Fact]
    public void The_system_is_called_test_and_has_the_configuration_given()
    {
        using var kit = new Akka.TestKit.Xunit2.TestKit(Quiet);
        Assert.Equal("test", kit.Sys.Name);
        Assert.Equal(7, kit.Sys.Settings.Config.GetInt("mine"));
        Assert.Equal(TimeSpan.FromSeconds(3), kit.TestKitSettings.SingleExpectDefault);
    }

    [Fact]
    public void The_system_may_be_given_a_name()
    {
        using var kit = new Akka.TestKit.Xunit2.TestKit(ConfigurationFactory.ParseString(Quiet), "mine");
        Assert.Equal("mine", kit.Sys.Name);
    }

    [Fact]
    public void Disposing_the_kit_terminates_its_system_once_and_for_all()
    {
        var kit = new Akka.TestKit.Xunit2.TestKit(Quiet);
        kit.Dispose();
        Assert.True(kit.Sys.WhenTerminated.IsCompleted);
        kit.Dispose();
    }

    [Fact]
    public void A_kit_on_a_given_system_has_its_defaults_there()
    {
        using var kit = new Akka.TestKit.Xunit2.TestKit(ActorSystem.Create("given", Quiet));
        Assert.Equal("given", kit.Sys.Name);
        Assert.Equal(1.0, kit.TestKitSettings.TestTimeFactor);
        kit.TestActor.Tell("hello");
        kit.ExpectMsg("hello");
    }

    [Fact]
    public void The_log_goes_to_the_tests_output()
    {
        var output = new Captured();
        using var kit = new Akka.TestKit.Xunit2.TestKit(Quiet, output);
        kit.Sys.Log.Info("to the output");
        AwaitCondition(() => output.Text.Contains("to the output", StringComparison.Ordinal));
        Assert.Contains("INFO", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_implicit_sender_a_test_tells_as_nobody()
    {
        using var kit = new Senderless();
        var echo = kit.ActorOf(Scripted.By((context, _) => kit.TestActor.Tell(context.Sender)), "echo");
        echo.Tell("who");
        kit.ExpectMsg(kit.Sys.DeadLetters);
    }

    [Fact]
    public async Task WithinAsync_gives_up_on_a_block_that_does_not_end()
    {
        var never = new TaskCompletionSource();
        await Assert.ThrowsAnyAsync<XunitException>(
            () => WithinAsync(TimeSpan.FromMilliseconds(50), () => never.Task));
        never.SetResult();
    }

    private sealed class Senderless() : Akka.TestKit.Xunit2.TestKit(Quiet), INoImplicitSender;

    private sealed class Captured : ITestOutputHelper
    {
        private readonly Lock _lock = new();
        private string _text = "";

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return _text;
                }
            }
        }

        public void WriteLine(string message)
        {
            lock (_lock)
            {
                _text += message + "\n";
            }
        }

        public void WriteLine(string format, params object[] args) => WriteLine(string.Format(null, format, args));
    }
}
