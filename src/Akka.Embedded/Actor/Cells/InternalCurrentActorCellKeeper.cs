// Which actor this thread is running. The test kit sets it on a test's thread, so that the test's messages
// come from its test actor.
namespace Akka.Actor.Internal;

internal static class InternalCurrentActorCellKeeper
{
    [ThreadStatic]
    private static ActorCell? _current;

    internal static ActorCell? Current
    {
        get => _current;
        set => _current = value;
    }
}
