using System.Reflection;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;

using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Model;

public sealed class Scratch(ITestOutputHelper output)
{
    [Fact]
    public void Run()
    {
        foreach (var line in File.ReadLines(Environment.GetEnvironmentVariable("SCN") ?? "/tmp/scn.txt"))
        {
            if (line.Trim().Length == 0 || line[0] == '#') continue;
            var parts = line.Split(';');
            var o = new ModelOptions();
            foreach (var kv in parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var e = kv.Split('=');
                var p = typeof(ModelOptions).GetProperty(e[0]) ?? throw new InvalidOperationException(e[0]);
                var v = e.Length == 1 ? "1" : e[1];
                object x = p.PropertyType == typeof(bool) ? v is "1" or "true"
                    : p.PropertyType == typeof(int) ? int.Parse(v)
                    : p.PropertyType == typeof(ulong) ? ulong.Parse(v)
                    : p.PropertyType == typeof(MemberSet) ? new MemberSet(ushort.Parse(v))
                    : p.PropertyType.IsEnum ? Enum.Parse(p.PropertyType, v)
                    : Activator.CreateInstance(typeof(Shortcuts).GetNestedType(v, BindingFlags.NonPublic)!, true)!;
                p.SetValue(o, x);
            }
            var watch = System.Diagnostics.Stopwatch.StartNew();
            string text;
            var a = parts[2].Trim().Split(' ');
            if (a[0] == "settle")
            {
                text = Recovery.Run(VolumeWorld.Of(o), ulong.Parse(a[1]), int.Parse(a[2]), int.Parse(a[3]));
            }
            else if (a[0] == "walk")
            {
                var r = new Explorer<VolumeWorld>(VolumeWorld.Of(o)) { Threads = 1 }.RandomWalk(ulong.Parse(a[1]), int.Parse(a[2]), int.Parse(a[3]));
                text = string.Join("\n  ", r.Trace.Prepend($"{r.Runs} runs {r.Steps} steps: {r.Violation ?? "ok"}"));
            }
            else
            {
                var ex = new Explorer<VolumeWorld>(VolumeWorld.Of(o)) { Threads = 1, StateLimit = long.Parse(a[0]), DepthLimit = a.Length > 1 ? int.Parse(a[1]) : int.MaxValue };
                text = ex.Search().ToString();
            }
            var l = $"{parts[0]}: [{parts[1]}] {text} in {watch.Elapsed.TotalSeconds:F1} s";
            output.WriteLine(l);
            File.AppendAllText((Environment.GetEnvironmentVariable("SCN") ?? "/tmp/scn.txt") + ".out", l + "\n");
        }
    }
}
