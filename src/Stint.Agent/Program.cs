using Stint.Agent;
using Stint.Agent.Session;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(AgentOptions.Help);
    return 0;
}
if (args.Contains("--version") || args.Contains("-V"))
{
    Console.WriteLine($"stint-agent {AgentVersion.Text}");
    return 0;
}
return await NodeAgent.MainAsync(args);
