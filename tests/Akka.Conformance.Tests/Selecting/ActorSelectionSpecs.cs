// Reaching actors by path: selections, Identify, and resolving a path to a ref.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Selecting;

public sealed class ActorSelectionSpecs : Specification
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_selection_by_absolute_path_reaches_the_actor()
    {
        StartEcho("selected");
        Sys.ActorSelection("/user/selected").Tell("hello", TestActor);
        ExpectMsg("hello");
    }

    [Fact]
    public void A_selection_by_a_full_path_reaches_the_actor()
    {
        var actor = StartEcho("full");
        Sys.ActorSelection(actor.Path).Tell("by path", TestActor);
        ExpectMsg("by path");
        Sys.ActorSelection("akka://test/user/full").Tell("by text", TestActor);
        ExpectMsg("by text");
    }

    [Fact]
    public void A_selection_in_a_context_starts_from_the_actor()
    {
        StartEcho("sibling");
        var actor = Start((context, message) => context.ActorSelection("../sibling").Tell(message, context.Sender));
        actor.Tell("hello");
        ExpectMsg("hello");
    }

    [Fact]
    public void A_selection_reaches_children()
    {
        var echo = Scripted.By((context, message) => context.Sender.Tell(message));
        var parent = Start((context, _) => context.Sender.Tell(context.ActorOf(echo, "child")), "parent");
        parent.Tell("spawn");
        ExpectMsg<IActorRef>();
        Sys.ActorSelection("/user/parent/child").Tell("hello", TestActor);
        ExpectMsg("hello");
    }

    [Fact]
    public void A_selection_finds_the_incarnation_that_lives_there_now()
    {
        var selection = Sys.ActorSelection("/user/current");
        StopAndWait(StartEcho("current"));
        StartEchoAgain("current");
        selection.Tell("hello", TestActor);
        ExpectMsg("hello");
    }

    [Fact]
    public void Identify_is_answered_with_the_ref()
    {
        var actor = StartEcho("identified");
        Sys.ActorSelection("/user/identified").Tell(new Identify(7), TestActor);
        ExpectMsg<ActorIdentity>(identity =>
        {
            Assert.Equal(7, identity.MessageId);
            Assert.Equal(actor, identity.Subject);
        });
    }

    [Fact]
    public void Identify_at_a_path_where_nobody_lives_is_answered_with_no_ref()
    {
        Sys.ActorSelection("/user/nobody/at/all").Tell(new Identify("x"), TestActor);
        ExpectMsg<ActorIdentity>(identity =>
        {
            Assert.Equal("x", identity.MessageId);
            Assert.True(identity.Subject.IsNobody());
        });
    }

    [Fact]
    public async Task ResolveOne_finds_the_ref()
    {
        var actor = StartEcho("resolved");
        Assert.Equal(actor, await Sys.ActorSelection("/user/resolved").ResolveOne(Generous));
    }

    [Fact]
    public async Task ResolveOne_fails_where_nobody_lives()
        => await Assert.ThrowsAsync<ActorNotFoundException>(
            () => Sys.ActorSelection("/user/nobody").ResolveOne(Generous));

    [Fact]
    public async Task A_selection_may_be_asked()
    {
        StartEcho("asked");
        Assert.Equal("hello", await Sys.ActorSelection("/user/asked").Ask<string>("hello", Generous));
    }
}
