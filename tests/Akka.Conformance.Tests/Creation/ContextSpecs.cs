// What an actor finds in its context: itself, its sender, its parent, its children, its system.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Creation;

public sealed class ContextSpecs : Specification
{
    [Fact]
    public void Self_is_the_actors_own_ref()
    {
        var actor = Start((context, _) => context.Sender.Tell(context.Self));
        actor.Tell("self");
        ExpectMsg(actor);
    }

    [Fact]
    public void Sender_is_who_told_the_message_in_hand()
    {
        var probe = CreateTestProbe();
        var actor = Start((context, _) => TestActor.Tell(context.Sender));
        actor.Tell("a", probe.Ref);
        ExpectMsg(probe.Ref);
        actor.Tell("b", TestActor);
        ExpectMsg(TestActor);
    }

    [Fact]
    public void The_parent_of_a_child_is_the_actor_that_started_it()
    {
        var child = Scripted.By((context, _) => TestActor.Tell(context.Parent));
        var parent = Start((context, _) => context.ActorOf(child).Tell("who"));
        parent.Tell("spawn");
        ExpectMsg(parent);
    }

    [Fact]
    public void The_system_of_the_context_is_the_actors_system()
    {
        Start((context, _) => context.Sender.Tell(ReferenceEquals(context.System, Sys))).Tell("same");
        ExpectMsg(true);
    }

    [Fact]
    public void Children_are_listed_and_found_by_name()
    {
        var idle = Scripted.By((_, _) => { });
        var parent = Start((context, message) =>
        {
            switch (message)
            {
                case "spawn":
                    context.ActorOf(idle, "a");
                    context.ActorOf(idle, "b");
                    break;
                case "list":
                    var names = context.GetChildren().Select(child => child.Path.Name).Order(StringComparer.Ordinal);
                    context.Sender.Tell(string.Join(',', names));
                    break;
                case string name:
                    context.Sender.Tell(context.Child(name));
                    break;
            }
        });
        parent.Tell("list");
        ExpectMsg("");
        parent.Tell("spawn");
        parent.Tell("list");
        ExpectMsg("a,b");
        parent.Tell("a");
        ExpectMsg<IActorRef>(child => child.Path.Name == "a");
        parent.Tell("absent");
        ExpectMsg<IActorRef>(child => child.IsNobody());
    }

    [Fact]
    public void A_stopped_child_leaves_the_list_before_its_parent_is_told()
    {
        var parent = Start((context, message) =>
        {
            switch (message)
            {
                case "spawn":
                    context.Watch(context.ActorOf(Scripted.By((_, _) => { }), "a"));
                    context.Stop(context.Child("a"));
                    break;
                case Terminated:
                    TestActor.Tell(context.GetChildren().Count());
                    break;
            }
        });
        parent.Tell("spawn");
        ExpectMsg(0);
    }

    [Fact]
    public void The_context_remembers_the_props()
    {
        var props = Scripted.By((context, _) => context.Sender.Tell(context.Props.Type.Name));
        Sys.ActorOf(props).Tell("type");
        ExpectMsg(nameof(Scripted));
    }
}
