// Writes log events to the output of the test that they belong to.

using Akka.Actor;
using Akka.Event;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2;

internal sealed class TestOutputLogger : UntypedActor
{
    private readonly ITestOutputHelper _output;

    public TestOutputLogger(ITestOutputHelper output) => _output = output;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger initialize:
                initialize.LoggingBus.Subscribe(Self, typeof(LogEvent));
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent logEvent:
                Write(logEvent);
                break;
        }
    }

    private void Write(LogEvent logEvent)
    {
        try
        {
            _output.WriteLine(logEvent.ToString());
        }
        catch (InvalidOperationException)
        {
            Context.Stop(Self); // The test is over: xunit takes no more output.
        }
    }
}
